using Broker.Tests.Conformance.Model;
using Xunit;

namespace Broker.Tests.Conformance.Clients;

/// <summary>What a client is expected to have checked.</summary>
public static class Subjects
{
    private static readonly string[] JavaScriptOnly = ["UnknownOperationException", "SerializationException", "DryRun", "records without partition key", "names and ARNs"];

    private static readonly string[] Behaviours = ["resharding under a reader"];

    private static readonly string[] CommonErrors =
    [
        "ResourceNotFoundException", "ResourceInUseException", "InvalidArgumentException", "ValidationException",
    ];

    private static readonly string[] SdkErrors =
    [
        "LimitExceededException", "ProvisionedThroughputExceededException", "ExpiredIteratorException", "ExpiredNextTokenException", "KMSNotFoundException",
        "UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException", "signatures", .. Brokers.KeyErrors.Keys,
    ];

    public static IEnumerable<string> Operations => ServiceModel.Kinesis.Operations.Keys;

    /// <summary>Errors and behaviours, as rows of the table.</summary>
    public static IEnumerable<string> Others =>
        CommonErrors.Concat(SdkErrors).Append("MissingAuthenticationTokenException").Concat(JavaScriptOnly).Concat(Behaviours);

    public static TheoryData<string> OfJavaScript => [.. Operations, .. CommonErrors, .. SdkErrors, .. JavaScriptOnly, .. Behaviours];

    public static TheoryData<string> OfBoto3 => [.. Operations, .. CommonErrors, .. SdkErrors, "MissingAuthenticationTokenException", .. Behaviours];

    public static TheoryData<string> OfCli => [.. Operations, .. CommonErrors];
}
