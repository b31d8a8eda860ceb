namespace Broker.Tests.Conformance;

/// <summary>A key to sign with.</summary>
public sealed record Credentials(string AccessKeyId, string SecretAccessKey)
{
    /// <summary>The suite's.</summary>
    public static Credentials Own { get; } = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

    /// <summary>Somebody's who may list streams only.</summary>
    public static Credentials Guest { get; } = new("AKIDGUESTEXAMPLE", "x/uestsecretEXAMPLE+0123456789abcdefghij");
}
