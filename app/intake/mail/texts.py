"""What somebody wrote, out of the forms that mail programs give it (PURE): HTML, flowed lines, a reply with
the letter that it answers below it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

# A tree is built of it, which costs up to the square of its depth or of its length. What is longer or deeper
# than letters are is read without its tags instead.
LONGEST_HTML = 150_000
DEEPEST_HTML = 400
_NOT_TEXT = re.compile(r"(?is)<(script|style)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)[^<>]*>?")
# Those that nobody closes.
_OPEN = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"),
        *("dd", "dt", "li", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr", "o:p"),
    }
)
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset"),
        *(
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
        ),
        *("ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_LINK = re.compile(r"(?i)(?:https?|ftp|tel|mailto):\S+")


def of_html(html: str) -> str:
    """As it is read: a block begins a line, scripts and styles are left out, a link is followed by its
    address where that is not what is shown."""
    if len(html) > LONGEST_HTML or _is_too_deep(html):
        text = unescape(_TAG.sub("\n", _NOT_TEXT.sub("", html)))
    else:
        root = LexborHTMLParser(html).root
        text = "".join(_pieces(root)) if root else ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_too_deep(html: str) -> bool:
    open_: Counter[str] = Counter()
    depth = 0
    for closing, name in (found.groups() for found in _TAG.finditer(html)):
        name = name.lower()
        if closing and open_[name]:
            open_[name] -= 1
            depth -= 1
        elif not closing and name not in _OPEN:
            open_[name] += 1
            depth += 1
        if depth > DEEPEST_HTML:
            return True
    return False


def _pieces(root: LexborNode) -> Iterator[str]:
    """Step by step over the tree: it may be as deep as somebody likes."""
    node, entering, shown = root, True, ""
    while True:
        tag = node.tag or ""
        skip = tag in _UNSEEN
        if entering and not skip:
            if tag == "a":
                shown = ""
            piece = _opening(node, tag)
            shown += piece
            yield piece
            child = node.child
            if child is not None:
                node = child
                continue
        if not skip:
            yield _closing(node, tag, shown)
        if node.mem_id == root.mem_id:
            return
        following = node.next
        if following is not None:
            node, entering = following, True
            continue
        parent = node.parent
        if parent is None:
            return
        node, entering = parent, False


def _opening(node: LexborNode, tag: str) -> str:
    if tag == "-text":
        return re.sub(r"\s+", " ", node.text_content or "")
    if tag == "br":
        return "\n"
    if tag in ("td", "th"):
        return " "
    if tag == "li":
        return "\n- "
    return "\n" if tag in _BLOCKS else ""


def _closing(node: LexborNode, tag: str, shown: str) -> str:
    if tag == "a":
        to = (node.attributes.get("href") or "").strip()
        same = to.removeprefix("mailto:").removeprefix("tel:").rstrip("/") in shown
        return f" ({to[:2000]})" if _LINK.fullmatch(to) and not same else ""
    return "\n" if tag in _BLOCKS else ""


def of_flowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a line that ends with a space goes on in the next one of the same depth."""
    lines: list[tuple[int, str]] = []
    flows = False
    for line in text.split("\n"):
        said = line.lstrip(">")
        depth = len(line) - len(said)
        said = said.removeprefix(" ")
        if flows and lines[-1][0] == depth and said != "-- ":
            lines[-1] = depth, lines[-1][1] + said
        else:
            lines.append((depth, said))
        flows = said.endswith(" ") and said != "-- "
        if flows and delete_space:
            lines[-1] = depth, lines[-1][1][:-1]
    return "\n".join(f"{'>' * depth}{' ' if depth else ''}{said}" for depth, said in lines)


_SAYS = re.compile(
    r"(?im)^[ \t]{0,20}(?:"
    r"(?=.{0,300}(?:@|\d)).{0,300}\b(?:wrote|writes|пишет|(?:на)?писал(?:а|\(а\))?|жазды|жазған)\s*:"
    r"|-{2,}\s*(?:original message|forwarded message|исходное сообщение|пересылаемое сообщение"
    r"|бастапқы хабарлама|бастапқы хат)\s*-{2,}"
    r"|_{20,}"
    r"|(?:from|от|от кого|кімнен):[^\n]{1,300}\n[ \t]{0,20}"
    r"(?:sent|date|to|отправлено|дата|кому|жіберілді|күні|кімге):"
    r")[^\n]*$"
)


def reply_and_quoted(text: str) -> tuple[str, str]:
    """What was written now, and the letter below it that it answers.

    Only what stands at the end is taken for quoted. Who wrote between the quoted lines, or below them, has
    all of it as the reply.
    """
    for found in _SAYS.finditer(text):
        below = text[found.end() :].strip("\n").split("\n")
        if _outlook(found[0]) or (found[0].rstrip().endswith(":") and _only_quoted(below)):
            return _cut(text, found.start())
    lines = text.split("\n")
    begin = len(lines)
    while begin and (not lines[begin - 1].strip() or lines[begin - 1].startswith(">")):
        begin -= 1
    return _cut(text, sum(len(line) + 1 for line in lines[:begin]))


def _outlook(said: str) -> bool:
    return "\n" in said or said.lstrip().startswith(("-", "_"))


def _only_quoted(lines: Sequence[str]) -> bool:
    return all(not line.strip() or line.lstrip().startswith(">") for line in lines)


def _cut(text: str, place: int) -> tuple[str, str]:
    reply, quoted = text[:place].strip(), text[place:].strip()
    return (reply, quoted) if reply else (text.strip(), "")
