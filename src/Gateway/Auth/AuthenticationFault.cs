namespace Broker.Gateway.Auth;

/// <summary>Why a request is not from whom it says, as AWS tells it.</summary>
/// <param name="Type">AWS's error type, such as <c>InvalidSignatureException</c>.</param>
/// <param name="Message">AWS's sentence.</param>
/// <param name="HttpStatus">The HTTP status of the answer: 400, as Kinesis gives it.</param>
public sealed record AuthenticationFault(string Type, string Message, int HttpStatus = 400)
{
    internal static AuthenticationFault MissingToken { get; } = new("MissingAuthenticationTokenException", "Missing Authentication Token");

    internal static AuthenticationFault UnknownKey { get; } = new("UnrecognizedClientException", "The security token included in the request is invalid.");

    internal static AuthenticationFault ExpiredKey { get; } = new("ExpiredTokenException", "The security token included in the request is expired");

    internal static AuthenticationFault SignatureMismatch { get; } = Invalid(
        "The request signature we calculated does not match the signature you provided. "
        + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");

    internal static AuthenticationFault Invalid(string message) => new("InvalidSignatureException", message);

    internal static AuthenticationFault Incomplete(string message) => new("IncompleteSignatureException", message);
}
