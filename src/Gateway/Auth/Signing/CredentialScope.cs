namespace Broker.Gateway.Auth.Signing;

/// <summary>A credential split into its parts: KEY/DATE/REGION/SERVICE/aws4_request.</summary>
internal readonly ref struct CredentialScope
{
    public ReadOnlySpan<char> AccessKeyId { get; private init; }

    public ReadOnlySpan<char> Date { get; private init; }

    public ReadOnlySpan<char> Region { get; private init; }

    public ReadOnlySpan<char> Service { get; private init; }

    public ReadOnlySpan<char> Terminator { get; private init; }

    /// <summary>All but the key: what is signed.</summary>
    public ReadOnlySpan<char> Text { get; private init; }

    /// <returns>False where the credential has not exactly five parts.</returns>
    public static bool TryParse(ReadOnlySpan<char> credential, out CredentialScope scope)
    {
        Span<Range> parts = stackalloc Range[6];
        if (credential.Split(parts, '/') != 5)
        {
            scope = default;
            return false;
        }

        scope = new CredentialScope
        {
            AccessKeyId = credential[parts[0]],
            Date = credential[parts[1]],
            Region = credential[parts[2]],
            Service = credential[parts[3]],
            Terminator = credential[parts[4]],
            Text = credential[parts[1].Start..],
        };
        return true;
    }

    /// <summary>What of the scope is not ours, in AWS's words; empty where all is.</summary>
    public string Faults(ReadOnlySpan<char> requestDate, string region) =>
        (Region.SequenceEqual(region) ? "" : $"Credential should be scoped to a valid region, not '{Region}'. ")
        + (Service is SigningKey.Service ? "" : $"Credential should be scoped to correct service: '{SigningKey.Service}'. ")
        + (Terminator is SigningKey.Terminator ? "" : $"Credential should be scoped with a valid terminator: '{SigningKey.Terminator}', not '{Terminator}'. ")
        + (Date.SequenceEqual(requestDate[..8])
            ? ""
            : $"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{Date}' != '{requestDate[..8]}', from '{requestDate}'. ");
}
