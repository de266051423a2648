"""The usual stack on the same report: HuggingFaceEmbeddings + Chroma + a retrieve-then-read chain.

Character splitter, vectors of one small English model, four passages into a prompt. The chat model
is a fake that answers at once, so that only the stack is timed. `speed.py` runs this file; its
commands mirror ours: `index`, `ask`, `chat`, `warm`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from langchain_chroma import Chroma
from langchain_core.language_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

PROMPT = "Answer from the context.\n\n{context}\n\nQuestion: {question}"


def store(model: str, folder: Path) -> Chroma:
    """The vector store in `folder`."""
    embeddings = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu"})
    return Chroma("report", embeddings, str(folder))


def index(model: str, folder: Path, report: Path) -> None:
    """Split, embed and store the report."""
    splitter = RecursiveCharacterTextSplitter(chunk_size=300, chunk_overlap=50)
    store(model, folder).add_texts(splitter.split_text(report.read_text(encoding="utf-8")))


def chain(model: str, folder: Path) -> Runnable[str, str]:
    """Question in, answer out."""
    retriever = store(model, folder).as_retriever(search_kwargs={"k": 4})
    context = retriever | (lambda found: "\n\n".join(d.page_content for d in found))
    inputs: Any = {"context": context, "question": RunnablePassthrough()}
    llm = FakeListChatModel(responses=["An answer."])
    return inputs | ChatPromptTemplate.from_template(PROMPT) | llm | StrOutputParser()


def chat(model: str, folder: Path, port: int) -> None:
    """Serve the plainest chat page."""
    import gradio as gr

    answering = chain(model, folder)
    answering.invoke("ready?")
    gr.ChatInterface(lambda message, _: answering.invoke(message)).launch(
        server_port=port, quiet=True, run_history=False, enable_monitoring=False
    )


def warm(model: str, folder: Path, questions: list[str]) -> None:
    """Print the milliseconds of each question, the first ones left out."""
    answering = chain(model, folder)
    for question in questions[:5]:
        answering.invoke(question)
    elapsed = []
    for question in questions:
        started = time.perf_counter()
        answering.invoke(question)
        elapsed.append(1000 * (time.perf_counter() - started))
    sys.stdout.write(json.dumps(elapsed) + "\n")


def main() -> None:
    """usual_stack.py MODEL FOLDER index REPORT | ask QUESTION | chat PORT | warm QUESTIONS.json"""
    model, folder, command, argument = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    if command == "index":
        index(model, folder, Path(argument))
    elif command == "ask":
        sys.stdout.write(chain(model, folder).invoke(argument) + "\n")
    elif command == "chat":
        chat(model, folder, int(argument))
    else:
        warm(model, folder, json.loads(Path(argument).read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
