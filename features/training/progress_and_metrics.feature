Feature: A running training shows how far it is
  Whoever waits for a training decides by its progress whether to go on waiting.
  Flow: client -> backend -> training worker.

  @category:progress @milestone:OPS-M1 @criterion:S8 @needs:training-worker @uses:training-worker @severity:blocker @id:1.2
  Scenario: A long training shows its progress on the way to completion
    Given KTRDR is ready for a long training
    When I start a long training
    And I follow it until it completes within 120 seconds
    Then I have seen at least 10 different percentages
    And at least one of them was between 10 % and 90 %
    And I have seen the name of an epoch
    And it ended at 100 %

  @category:progress @milestone:OPS-M1 @criterion:D2 @needs:training-worker @uses:training-worker @severity:major @id:training-progress-never-falls
  Scenario: The progress of a training never goes down from its first epoch on
    Given KTRDR is ready for a long training
    When I start a long training
    And I follow it until it completes within 120 seconds
    Then its percentage never went down from the first epoch on
    And its epoch never went down
    And its number of processed items never went down from the first epoch on

  @category:progress @milestone:OPS-M1 @criterion:D3 @needs:training-worker @uses:training-worker @severity:major @id:training-metrics-per-epoch
  Scenario: A completed training lists each of its 10 epochs once, in order, with loss and accuracy
    Given a long training that I have followed to its end
    Then the backend lists 10 epochs of it
    And they stand there in order
    And each epoch has loss and accuracy for training and validation
    And none of them stands there twice
