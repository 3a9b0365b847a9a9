"""Blog platforms: posts in, signed or read from a feed; what of the answers is public.

`(source, post_id)` is one appeal for ever, whichever way it comes. The answer goes back to the platform by
app/delivery, as a message of its own kind to whoever subscribed to it.
"""
