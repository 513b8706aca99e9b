Feature: One look tells how every service is
  An operator who comes to a system looks at all its services before anything else.
  Flow: client -> backend, every registered worker, IB host.

  @category:smoke @milestone:API @criterion:S5 @needs:ib-host @severity:blocker @id:S5
  Scenario: Every service says within 2 seconds that it is well
    When I ask every service for its health, with 2 seconds for each
    Then each of them says that it is well
    And asked again, each of them states a later time within 2 seconds
    And the backend is still healthy
