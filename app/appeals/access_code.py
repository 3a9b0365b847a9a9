"""The code that opens an appeal to its author: derived from the appeal's id, never stored."""

import base64
import hmac

from app.core.cipher import cipher

LENGTH = 16  # base32 letters: 80 bits
_MISREAD = str.maketrans({"0": "O", "1": "I", "8": "B"})


def access_code(appeal_id: int) -> str:
    """Four groups of four letters, such as `K7QM-2FDA-YX4L-P3RT`; the same for the same appeal."""
    digest = hmac.digest(cipher().key("access-code"), str(appeal_id).encode(), "sha256")
    letters = base64.b32encode(digest[:10]).decode()
    return "-".join(letters[i : i + 4] for i in range(0, LENGTH, 4))


def opens(appeal_id: int, typed: str) -> bool:
    """Whether this is the appeal's code, however it was typed: case, spaces and dashes do not matter."""
    letters = "".join(c for c in typed.upper() if c.isalnum()).translate(_MISREAD)
    expected = access_code(appeal_id).replace("-", "")
    return hmac.compare_digest(letters.encode(), expected.encode())
