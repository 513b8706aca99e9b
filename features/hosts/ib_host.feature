Feature: The IB host answers for Interactive Brokers
  Whoever needs market data asks the IB host first whether it can deliver.
  Flow: client -> IB host -> IB gateway.

  @category:smoke @milestone:API @criterion:S3 @needs:ib-host @severity:major @id:D2.1
  Scenario: The IB host reports itself healthy within 1 second
    When I ask the IB host for its health
    Then it says that it is healthy and operational
    And it calls itself "ib-connector"
    And the answer came within 1 second

  @category:smoke @milestone:API @criterion:S3 @needs:ib-gateway @severity:major @id:S3
  Scenario: The IB host says that its gateway is connected once bars have come from there
    When I ask the IB host for bars of "EURUSD" at "1d" from 2024-12-02 to 2024-12-06
    Then there are at least 4 bars
    And every bar is of the days from 2024-12-02 to 2024-12-06
    And every bar is sound, and none is out of order or listed twice
    And the IB host says that its gateway is connected

  @category:integration @milestone:API @criterion:S16 @criterion:S20 @needs:ib-gateway @severity:major @id:D2.2
  Scenario: The IB host delivers a month of hourly bars within 90 seconds, each of them sound
    When I ask the IB host for bars of "EURUSD" at "1h" from 2024-12-01 to 2024-12-31
    Then the answer came within 90 seconds
    And there are at least 400 bars
    And every bar is sound, and none is out of order or listed twice
    And every bar is of the days from 2024-12-01 to 2025-01-01

  @category:smoke @milestone:API @criterion:S16 @needs:ib-gateway @severity:major @id:D2.3
  Scenario Outline: The symbol <symbol> is known at IB as <asset_type>
    When I ask the IB host about the symbol "<symbol>"
    Then it is known as "<asset_type>" at "<exchange>"
    And the backend is still healthy

    Examples: known symbols
      | name   | symbol | asset_type | exchange |
      | eurusd | EURUSD | CASH       | IDEALPRO |
      | aapl   | AAPL   | STK        | NASDAQ   |

  @category:error @milestone:API @criterion:S16 @needs:ib-gateway @severity:minor @id:symbol-unknown-at-ib
  Scenario: A symbol that IB does not know is told as unknown, by its name
    When I ask the IB host about the symbol "INVALID123XYZ"
    Then it is not known
    And the explanation names "INVALID123XYZ"
