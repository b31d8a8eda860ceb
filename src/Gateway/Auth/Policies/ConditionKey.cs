namespace Broker.Gateway.Auth.Policies;

/// <summary>A condition key that a request can be asked for. A key that is not here is refused when a policy is read.</summary>
internal sealed record ConditionKey(string Name, ConditionType Type, Func<PolicyRequest, string?>? Text = null)
{
    private static readonly ConditionKey[] All =
    [
        new("aws:PrincipalArn", ConditionType.Arn, static request => request.PrincipalArn),
        new("aws:PrincipalAccount", ConditionType.Text, static request => request.AccountId),
        new("aws:username", ConditionType.Text, static request => UserName(request.PrincipalArn)),
        new("aws:SourceIp", ConditionType.Address),
        new("aws:SecureTransport", ConditionType.Truth),
        new("aws:CurrentTime", ConditionType.Time),
        new("aws:EpochTime", ConditionType.Time),
    ];

    public static string Names => string.Join(", ", All.Select(static key => key.Name));

    public static ConditionKey? Find(string name) => Array.Find(All, key => key.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the request tells it.</summary>
    public bool IsIn(PolicyRequest request) => Type == ConditionType.Address ? request.SourceAddress is not null : Text is null || Text(request) is not null;

    private static string? UserName(string arn) =>
        arn.Contains(":user/", StringComparison.Ordinal) ? arn[(arn.LastIndexOf('/') + 1)..] : null;
}
