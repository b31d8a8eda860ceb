using System.Net;
using System.Text.Json;
using Xunit;

namespace Broker.Tests.Conformance.Validation;

/// <summary>The judge of the validation tests, shown what AWS answers and what it does not.</summary>
public sealed class FaultTests
{
    private static readonly RequestCase Two = new(
        "PutRecord", new Dictionary<string, object?>(), Constraints.Of("PutRecord", new Dictionary<string, object?>
        {
            ["StreamName"] = "",
            ["Data"] = Array.Empty<byte>(),
        }));

    private static readonly string Right =
        "2 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        + "Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1";

    [Fact]
    public void AwssAnswerIsTaken() => Assert.Null(ValidationTests.Fault(Two, Answer("ValidationException", Right)));

    [Theory]
    [InlineData("InvalidArgumentException", "2 validation errors", "2 validation errors")]
    [InlineData("ValidationException", "2 validation errors", "1 validation error")]
    [InlineData("ValidationException", "'streamName'", "'StreamName'")]
    [InlineData("ValidationException", "equal to 1", "equal to 12")]
    [InlineData("ValidationException", "; Value", " Value")]
    [InlineData("ValidationException", "Member must have length", "Member length must be")]
    public void AnotherIsNot(string error, string part, string by) =>
        Assert.NotNull(ValidationTests.Fault(Two, Answer(error, Right.Replace(part, by, StringComparison.Ordinal))));

    private static AwsAnswer Answer(string error, string message) => new(
        WireProtocol.Json, HttpStatusCode.BadRequest, null, new Dictionary<string, string>(),
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["__type"] = error, ["message"] = message }));
}
