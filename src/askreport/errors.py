"""Every error a person can cause, in one tree. The command line prints one as one line and exits 1.

    AskReportError
    |-- ReportUnreadable     a report file that cannot be read as text
    |-- IndexMissing         no index yet            -> askreport index
    |-- IndexMismatch        built with other settings, model or reports -> askreport index
    |-- IndexDamaged         its files changed or are foreign            -> askreport index
    |-- IndexBusy            another process is building it
    |-- IndexUnreachable     the Chroma server of the settings is down, slow or broken
    |-- IndexUnwritable      the folder cannot be written, or the disk is full
    |-- SettingsInvalid      an unknown key or a value of the wrong kind
    |-- QuestionInvalid      empty, or longer than allowed
    |-- QuestionsUnreadable  a file of test or batch questions
    |-- ModelUnavailable     an embedding or chat model that cannot be loaded or reached

A message is one line and says what was wrong, what we got, what we expected and what to do.
"""


class AskReportError(Exception):
    """Root of all errors that are the user's to mend; its text is fit to show."""


class ReportUnreadable(AskReportError):
    """A report file is missing, empty, binary, or in no encoding that we know."""


class IndexMissing(AskReportError):
    """There is no index in the folder."""


class IndexMismatch(AskReportError):
    """The index was built with another model, other reports, sizes or versions."""


class IndexDamaged(AskReportError):
    """Files of the index are missing or altered, or the folder is not ours."""


class IndexBusy(AskReportError):
    """Another process holds the build lock."""


class IndexUnwritable(AskReportError):
    """The index folder cannot be written."""


class IndexUnreachable(AskReportError):
    """The Chroma server that holds the vectors cannot be used now."""


class SettingsInvalid(AskReportError):
    """A setting is unknown or its value is not acceptable."""


class QuestionInvalid(AskReportError):
    """A question is empty or too long."""


class QuestionsUnreadable(AskReportError):
    """A questions file is missing, not JSON Lines, or lacks a field."""


class ModelUnavailable(AskReportError):
    """A model named in the settings cannot be loaded or reached."""
