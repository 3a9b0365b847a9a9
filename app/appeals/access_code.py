"""The code that opens an appeal, or a booking, to whoever made it: derived from its id, never stored."""

import base64
import hmac

from app.core.cipher import cipher

LENGTH = 16  # base32 letters: 80 bits
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B"})


APPEAL, BOOKING = "access-code", "booking-code"


def access_code(id_: int, purpose: str = APPEAL) -> str:
    """Four groups of four letters, such as `K7QM-2FDA-YX4L-P3RT`; the same for the same appeal."""
    digest = hmac.digest(cipher().lasting(purpose), str(id_).encode(), "sha256")
    letters = base64.b32encode(digest[:10]).decode()
    return "-".join(letters[i : i + 4] for i in range(0, LENGTH, 4))


def opens(id_: int, typed: str, purpose: str = APPEAL) -> bool:
    """Whether this is its code, however it was typed: case, spaces and dashes do not matter."""
    letters = "".join(c for c in typed.upper() if c.isalnum()).translate(_MISREAD)
    expected = access_code(id_, purpose).replace("-", "")
    return hmac.compare_digest(letters.encode(), expected.encode())
