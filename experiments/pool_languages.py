"""One judged collection out of the same collection in several languages.

    python experiments/pool_languages.py OUT LANGUAGE_FOLDER...

OUT becomes a BEIR folder whose passages say their `language`. It has two splits over the same
questions, of which every language asks its share: `any` counts each version of a relevant passage,
`own` only the one in the question's language.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from acclimate import open_corpus

out, *folders = map(Path, sys.argv[1:])
languages = [folder.name for folder in folders]
corpora = [open_corpus(folder) for folder in folders]


def write(name: str, lines: Iterable[str]) -> None:
    path = out / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


write(
    "corpus.jsonl",
    (
        json.dumps(
            {"_id": f"{language}-{passage.id}", "text": passage.content, "language": language},
            ensure_ascii=False,
        )
        for language, corpus in zip(languages, corpora, strict=True)
        for passage in corpus.passages()
    ),
)
# Every question once, in one of the languages: in twelve it would be no twelve questions.
asked = {
    (language, query.id): query.text
    for place, (language, corpus) in enumerate(zip(languages, corpora, strict=True))
    for query in corpus.queries()[place :: len(languages)]
}
write(
    "queries.jsonl",
    (
        json.dumps({"_id": f"{language}-{query_id}", "text": text}, ensure_ascii=False)
        for (language, query_id), text in asked.items()
    ),
)
own, every = ["query-id\tcorpus-id\tscore"], ["query-id\tcorpus-id\tscore"]
for language, corpus in zip(languages, corpora, strict=True):
    for judged in corpus.judgments():
        if (language, judged.query_id) not in asked:
            continue
        query = f"{language}-{judged.query_id}"
        own.append(f"{query}\t{language}-{judged.passage_id}\t{judged.grade}")
        every += [f"{query}\t{each}-{judged.passage_id}\t{judged.grade}" for each in languages]
write("qrels/own.tsv", own)
write("qrels/any.tsv", every)
