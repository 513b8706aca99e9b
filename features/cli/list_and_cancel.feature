Feature: Operations are listed, looked up and cancelled by KTRDR's own command
  Whoever sits at a terminal wants to see there what every other client sees.
  Flow: KTRDR's command -> backend.

  @category:smoke @milestone:CLR-M2 @criterion:S15 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-list
  Scenario: The command lists what the backend lists
    Given a completed smoke training
    And a failed training as well
    Then KTRDR's command lists the same operations as the backend, in the same states

  @category:smoke @milestone:CLR-M2 @criterion:S8 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-state
  Scenario: The command shows a training as the backend does
    Given a completed smoke training
    When I ask KTRDR's command for its state
    Then KTRDR's command succeeds within 30 seconds
    And KTRDR's command shows it as the backend does

  @category:cancellation @milestone:CLR-M2 @criterion:S9 @criterion:S26 @needs:cli @needs:training-worker @uses:training-worker @severity:major @id:cli-cancel
  Scenario: A training that is cancelled by the command stops working and stays cancelled
    Given a running long training that has come to 5 % or more
    When I cancel it by KTRDR's command
    Then KTRDR's command succeeds within 30 seconds
    And it is cancelled within 10 seconds
    And it is still cancelled, at the backend and at its worker, when it would have ended by itself
    And its progress has stood still since
    And a new training can start

  @category:cancellation @milestone:CLR-M2 @criterion:S9 @needs:cli @needs:training-worker @uses:training-worker @severity:minor @id:cli-cancel-after-the-end
  Scenario: Cancelling a training that has ended is a failure of the command
    Given a completed smoke training
    When I cancel it by KTRDR's command
    Then KTRDR's command says within 30 seconds that it has failed
    And it is still completed
