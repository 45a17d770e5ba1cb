# since: 3.8
# expects: review
# today: was never awaited
# prints: failed
import unittest


class TestSum(unittest.TestCase):
    async def test_sum(self):
        self.assertEqual(1 + 1, 3)


result = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(TestSum).run(result)
print("ok" if result.wasSuccessful() else "failed")
