Feature: An operation is found by its id, or said not to exist
  Flow: client -> backend.

  @category:error @milestone:API @criterion:S6 @severity:major @id:4.2
  Scenario: An unknown operation is reported as not found, by its id
    When I look up the operation "nonexistent_operation_id_12345"
    Then it is reported as not found
    And the message names "nonexistent_operation_id_12345"
    And the answer shows no stack trace
    And the backend is still healthy

  @category:error @milestone:API @criterion:S6 @severity:minor @id:unknown-operation
  Scenario Outline: To <deed> an unknown operation is refused as not found
    When I try to <deed> the unknown operation "nonexistent_operation_id_12345"
    Then it is reported as not found
    And the message names "nonexistent_operation_id_12345"
    And the answer shows no stack trace

    Examples: deeds
      | name    | deed                |
      | cancel  | cancel              |
      | retry   | retry               |
      | results | read the results of |
      | metrics | read the metrics of |
