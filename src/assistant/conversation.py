"""Talk that is not about the documents' subject: greetings, what the assistant can do, what documents there are.

Conservative: only a whole utterance that can mean nothing else is taken, so that no question to the documents is lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from assistant.types import DocumentRecord, DocumentState

_SHOWN = 12
_Records = Sequence[DocumentRecord]

_DOCUMENTS = r"(?:documents?|files?|sources?|docs)"
_COLLECTION = r"(?:corpus|collection|library|catalogu?e|archive|index|knowledge base|database)"
_HERE = (
    r"(?: (?:are|is) (?:there|here|available|indexed|loaded|included)(?: (?:here|in (?:here|there)))?| (?:do|can"
    r"|did) (?:you|we|i) "
    r"(?:have|know|use|see|search|read|hold|cover|ask(?: about)?|load|index)(?: (?:here|access to|about|of))?"
    rf"| (?:have|has) been (?:indexed|added|loaded|ingested|uploaded)| (?:are|is) in (?:the|this|your) {_COLLECTION})"
)
_YOURS = r"(?:all |all of )?(?:of )?(?:the |your |my |our |these |those )?(?:available |indexed |loaded )?"


def reply(question: str, documents: Callable[[], _Records]) -> tuple[str, ...] | None:
    """Reply to what is no question to the documents' text.

    Args:
        question: As asked.
        documents: Lists the catalog's records; called only where the reply needs them.

    Returns:
        The sentences of the reply; None for everything that has to be looked up in the documents.
    """
    said = _plain(question)
    if not any(character.isalnum() for character in said):
        return (_EMPTY, *_coverage(documents()))
    for pattern, answer in _REPLIES:
        if pattern.fullmatch(said):
            return answer(documents())
    return None


def is_small_talk(question: str) -> bool:
    """Tell whether a question is about the assistant or about nothing, so that nothing later refers to it."""
    said = _plain(question)
    return any(pattern.fullmatch(said) for pattern, answer in _REPLIES if answer in _SMALL_TALK)


_EMPTY = "Ask a question in words, and I look for the sentences of your documents that answer it."
_SKILLS = (
    "I answer questions from the documents that were given to me, in their own words: every sentence of an answer is "
    "quoted exactly and cited, so that you can open it in its place.",
    "Where the documents hold no answer I say so and show the passages that come nearest.",
)


def _plain(question: str) -> str:
    words = " ".join(re.sub(r"[^\w\s'’-]", " ", question.casefold()).replace("’", "'").split())
    words = words.replace("what's", "what is").replace("who's", "who is")
    return (
        re.sub(
            r"^(?:(?:please|ok|okay|so|and|well|hey|hi|hello|now) )*"
            r"(?:(?:can|could|would|will) you (?:please )?(?:tell|show|give) (?:me|us) |tell me |i (?:want"
            r"|would like) to know )?"
            r"|(?: (?:please|assistant|now|then|exactly|at the moment|currently|right now))+$",
            "",
            words,
        )
        or words
    )


def _greet(records: _Records) -> tuple[str, ...]:
    return ("Hello!", *_coverage(records), "Ask me anything about what they say.")


def _thank(records: _Records) -> tuple[str, ...]:
    return ("You are welcome.", "Ask on whenever you like.")


def _part(records: _Records) -> tuple[str, ...]:
    return ("Goodbye.", "The documents stay as they are until you come back.")


def _introduce(records: _Records) -> tuple[str, ...]:
    return ("I am an assistant that runs on this machine.", *_SKILLS, *_coverage(records))


def _help(records: _Records) -> tuple[str, ...]:
    indexed = _indexed(records)
    example = (f"For example, ask about “{indexed[0].title or indexed[0].document_id}”.",) if indexed else ()
    return (*_SKILLS, *_coverage(records), *example)


def _list(records: _Records) -> tuple[str, ...]:
    indexed = _indexed(records)
    named = [_name(record) for record in indexed[:_SHOWN]]
    if len(indexed) > _SHOWN:
        named.append(f"and {len(indexed) - _SHOWN} more, which `assistant documents list` shows")
    listing = (f"They are: {'; '.join(named)}.",) if named else ()
    return (*_coverage(records), *listing, *_problems(records))


def _count(records: _Records) -> tuple[str, ...]:
    return (*_coverage(records), *_problems(records))


def _date(records: _Records) -> tuple[str, ...]:
    dated = sorted((record for record in _indexed(records) if record.date), key=lambda record: record.date or "")
    if not dated:
        return ("None of the documents says its date.",)
    oldest, newest = dated[0], dated[-1]
    undated = len(_indexed(records)) - len(dated)
    rest = (f"{undated} of the documents {'say' if undated != 1 else 'says'} no date.",) if undated else ()
    return (
        f"The documents are dated from {oldest.date} to {newest.date}.",
        f"The oldest is {_name(oldest)}, the newest {_name(newest)}.",
        *rest,
    )


def _coverage(records: _Records) -> tuple[str, ...]:
    indexed = _indexed(records)
    if not indexed:
        return ("No document can be asked yet; `assistant ingest` adds them.",)
    places = Counter(record.document_id.split("/", 1)[0] for record in indexed if "/" in record.document_id)
    where = f" (in {', '.join(f'{place}: {count}' for place, count in sorted(places.items()))})" if places else ""
    number = "1 document" if len(indexed) == 1 else f"{len(indexed)} documents"
    return (f"There {'is' if len(indexed) == 1 else 'are'} {number} that I can read{where}.",)


def _problems(records: _Records) -> tuple[str, ...]:
    broken = [record for record in records if record.state is DocumentState.PROBLEM]
    if not broken:
        return ()
    names = ", ".join(record.document_id for record in broken[:_SHOWN])
    return (f"{len(broken)} more could not be read: {names}.",)


def _indexed(records: _Records) -> list[DocumentRecord]:
    return [record for record in records if record.state is DocumentState.INDEXED]


def _name(record: DocumentRecord) -> str:
    date = f", {record.date}" if record.date else ""
    return f"“{record.title}” ({record.document_id}{date})" if record.title else f"{record.document_id}{date}"


_SMALL_TALK = (_greet, _thank, _part, _introduce, _help)
_REPLIES: tuple[tuple[re.Pattern[str], Callable[[_Records], tuple[str, ...]]], ...] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        (r"(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|all|again|you"
         r"|everyone))?"
         r"(?: how are you(?: doing| today)?)?|how are you(?: doing| today)?", _greet),
        (r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:so much|very much|a lot|again|for (?:that|this"
         r"|your help|the help|the answer)))?"
         r"|(?:great|perfect|nice|good|ok|okay|cool|wonderful|excellent)(?: (?:job|work|answer|thanks"
         r"|thank you))?|that (?:helps|helped|is all)", _thank),
        (r"(?:good ?bye|bye|bye bye|see you(?: later)?|farewell)", _part),
        (r"(?:who|what) are you|what is your name|what is this|introduce yourself|are you (?:a |an )?(?:bot|human"
         r"|robot|ai|real|person|chatbot|llm|machine)", _introduce),
        (r"help(?: me)?|what can (?:you|i) (?:do|ask|help(?: me)? with|ask you)(?: here| for me| about)?"
         r"|how (?:can|do) (?:you help(?: me)?|i use (?:you|this)|you work|this work)"
         r"|how does this work|what (?:do you|are you able to) (?:do|know)(?: about)?|what (?:questions )?(?:can"
         r"|should|could) i ask(?: you| about)?|what are you (?:good )?for", _help),
        (rf"(?:what|which) {_DOCUMENTS}{_HERE}|(?:(?:list|show|name)(?: me)? )?{_YOURS}{_DOCUMENTS}(?: (?:list"
         rf"|you have|there are))?"
         rf"|(?:what|which) (?:are|is) {_YOURS}{_DOCUMENTS}|what is in (?:the|this|your|my) (?:{_COLLECTION}"
         rf"|{_DOCUMENTS})"
         rf"|what (?:do|does) (?:the|this|your) {_COLLECTION} (?:contain|hold|cover|include)"
         rf"|(?:a )?list of {_YOURS}{_DOCUMENTS}"
         rf"|what (?:is|are) {_YOURS}{_DOCUMENTS} about|what {_DOCUMENTS}", _list),
        (rf"how many {_DOCUMENTS}(?:{_HERE})?", _count),
        (rf"(?:what|which) dates (?:do|does|are|have) {_YOURS}{_DOCUMENTS}(?: (?:have|cover|from|carry|span))?"
         rf"|(?:how (?:old|new|recent|current)|when) (?:are|is|were) {_YOURS}{_DOCUMENTS}(?: from| dated| written)?"
         rf"|(?:what|which)(?: is| are)? (?:the |your )?(?:newest|oldest|latest|most recent"
         rf"|earliest) {_DOCUMENTS}|(?:what|which) {_DOCUMENTS} is (?:the )?(?:newest|oldest|latest|most recent"
         rf"|earliest)"
         rf"|(?:from )?what (?:time|period|dates?|years?) (?:do|are) {_YOURS}{_DOCUMENTS} (?:cover|from"
         rf"|span)", _date),
    )
)  # fmt: skip
