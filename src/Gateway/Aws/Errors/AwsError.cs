namespace Broker.Gateway.Aws.Errors;

/// <summary>An error on AWS's wire.</summary>
/// <param name="Type">The <c>__type</c>, by which clients tell errors apart.</param>
/// <param name="Message">In words; null for none.</param>
/// <param name="Status">The HTTP status.</param>
internal sealed record AwsError(string Type, string? Message, int Status = 400)
{
    public bool IsSerialization => Type == "SerializationException";
}
