Feature: A training runs to its end and shows its result
  A researcher starts a training and comes back for the model it made.
  Flow: client -> backend -> training worker. The smoke training takes one year of daily bars (about 250
  samples), the long training two years of 5-minute bars (about 150,000); the calibration has the details.

  @category:smoke @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:blocker @id:1.1
  Scenario: A smoke training completes and its result can be read at the backend
    Given KTRDR is ready for a smoke training
    When I start a smoke training
    Then it completes within 60 seconds
    And the backend shows its result
    And its result counts 250 samples, give or take 10 %

  @category:smoke @milestone:OPS-M1 @milestone:MCP-Ph2 @criterion:D1 @criterion:S6 @needs:training-worker @needs:worker-registry @uses:training-worker @severity:blocker @id:training-is-known-at-once
  Scenario: A started training is known at once under the id that the start gave
    Given KTRDR is ready for a long training
    When I start a long training
    Then the backend knows it within 1 second as a training that has not ended
    And its details name its symbol and its strategy
    And its worker knows it under the same id
    And it completes within 120 seconds

  @category:smoke @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:major @id:training-end-time
  Scenario: A completed training states at the backend when it ended
    Given a completed smoke training
    Then the backend states when it ended
    And it ended after it began

  @category:integration @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:major @id:training-result-sanity
  Scenario: A completed training has learned something, by the result at its worker
    Given a completed smoke training
    Then its worker shows its result
    And the result at its worker counts 10 epochs
    And the result at its worker is not that of a collapsed model
    And its result is of the symbol and the timeframe that were asked for

  @category:integration @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:blocker @id:training-two-symbols
  Scenario: A training on two symbols learns from the bars of both
    Given KTRDR is ready for a smoke training
    When I start a smoke training on the symbols "EURUSD" and "MSFT"
    Then it completes within 60 seconds
    And the result at its worker counts 500 samples, give or take 10 %

  @category:integration @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:blocker @id:training-own-model
  Scenario: A second training of a strategy leaves a model of its own
    Given a completed smoke training
    And a completed smoke training as well
    Then each of the trainings has left a model of its own

  @category:error @milestone:API @criterion:S7 @needs:training-worker @uses:training-worker @severity:major @id:training-failure-reason
  Scenario: A training that fails states its reason at the backend
    Given KTRDR is ready for a smoke training
    When I start a smoke training on the unknown symbol "NOSUCH"
    Then it fails within 60 seconds
    And the backend states a reason that names "NOSUCH"

  @category:integration @milestone:OPS-M3 @milestone:OPS-M1 @criterion:S7 @criterion:D3 @needs:training-worker @uses:training-worker @severity:major @id:3.3
  Scenario: A training started at the backend completes at its worker with 10 epochs
    Given a completed smoke training
    Then its worker shows it as completed too
    And the backend lists 10 epochs of it
    And each epoch has loss and accuracy for training and validation
    And the figures of its result are those of its last epoch
    And the result at its worker is not that of a collapsed model
