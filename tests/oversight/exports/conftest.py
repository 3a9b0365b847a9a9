from tests.oversight.test_compliance import controller, others  # noqa: F401
