using Broker.Contracts.Errors;
using Broker.Gateway.Aws.Errors;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

public sealed class AwsErrorsTests
{
    [Fact]
    public void Every_code_has_an_entry_and_no_error_has_none()
    {
        foreach (var code in Enum.GetValues<BrokerErrorCode>().Where(code => code != BrokerErrorCode.None))
        {
            var (type, status) = AwsErrors.Find(code);
            Assert.Matches("^[A-Z][A-Za-z]+$", type);
            Assert.True(status is 400 or 500 or 503, $"{code} has status {status}");
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => AwsErrors.Find(BrokerErrorCode.None));
    }

    [Theory]
    [InlineData(BrokerErrorCode.Internal, "InternalFailure", "Internal Service Failure")]
    [InlineData(BrokerErrorCode.ProvisionedThroughputExceeded, "ProvisionedThroughputExceededException", "why")]
    public void A_record_tells_its_error_as_AWS_does(BrokerErrorCode code, string type, string message) =>
        Assert.Equal((type, message), (AwsErrors.ToRecordCode(code), AwsErrors.ToRecordMessage(code, "why")));
}
