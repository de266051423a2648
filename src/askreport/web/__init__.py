"""The web page: the chat beside the report. Importing this package imports gradio (slow).

strings    what the interface says, in each language
rendering  reports and conversations -> HTML (templates/); everything shown is escaped there
page       the Gradio Blocks and its events; page.css and page.js are its looks and its hands
feedback   what readers say about answers -> test questions; feedback_panel, feedback.js: its form
offering   questions to begin and to go on with, in the language of the interface
visits     how many answers came to each paragraph, in memory, for the map of the report
trial      evaluations, one at a time; evaluation_tab: the view that runs and shows them
guard      ASGI middleware: closed routes, body limit, Content-Security-Policy, refusals
login      users, hashed passwords, a limit on guessing
serving    start, wait, stop
"""

from askreport.web.chat import Assistant
from askreport.web.login import Login, change_user
from askreport.web.page import build_page
from askreport.web.question_file import QuestionFile
from askreport.web.serving import launch
from askreport.web.trial import Bench

__all__ = ["Assistant", "Bench", "Login", "QuestionFile", "build_page", "change_user", "launch"]
