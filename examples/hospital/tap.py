"""Runs the unittest cases of the main module and reports them one by one in the Test Anything Protocol."""
import sys
import unittest


class TapResult(unittest.TestResult):
    def report(self, verdict, test):
        print(f"{verdict} {self.testsRun} - {test.id().rpartition('.')[2]}", flush=True)

    def addSuccess(self, test):
        self.report("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.report("not ok", test)

    def addError(self, test, error):
        super().addError(test, error)
        self.report("not ok", test)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = TapResult()
    print(f"1..{suite.countTestCases()}")
    suite.run(result)
    for _, trace in result.failures + result.errors:
        print("\n".join("# " + line for line in trace.splitlines()))
    sys.exit(0 if result.wasSuccessful() else 1)
