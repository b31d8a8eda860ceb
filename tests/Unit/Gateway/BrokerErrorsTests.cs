using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Gateway.Errors;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class BrokerErrorsTests
{
    [Fact]
    public void The_table_is_total_and_its_reasons_are_the_codes_names()
    {
        foreach (var code in Enum.GetValues<BrokerErrorCode>().Where(static code => code != BrokerErrorCode.None))
        {
            var entry = BrokerErrors.Find(code);
            Assert.NotEqual(StatusCode.OK, entry.Status);
            Assert.Equal(Regex.Replace(code.ToString(), "(?<=[a-z])(?=[A-Z])", "_").ToUpperInvariant(), entry.Reason);
            var status = BrokerErrors.ToRpcException(code, "why").GetRpcStatus()!;
            Assert.Equal((entry.Reason, "broker"), (status.GetDetail<ErrorInfo>()!.Reason, status.GetDetail<ErrorInfo>()!.Domain));
            Assert.Equal(entry.RetryAfter, status.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan());
            Assert.Equal("why", status.Message);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => BrokerErrors.Find(BrokerErrorCode.None));
    }

    [Fact]
    public void What_can_be_retried_says_when()
    {
        foreach (var code in Enum.GetValues<BrokerErrorCode>().Where(static code => code != BrokerErrorCode.None))
        {
            var entry = BrokerErrors.Find(code);
            Assert.True(entry.Status != StatusCode.Unavailable || entry.RetryAfter > TimeSpan.Zero, $"{code} has no delay.");
        }
    }
}
