"""What the suite costs beyond stock behave with allure-behave: run by `make bench`, never by the proofs."""
