using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Broker.Gateway.Auth.Policies;

/// <summary>A policy in IAM's JSON language, read and ready to be asked. Immutable. docs/security.md tells which part of the language is understood.</summary>
public sealed class PolicyDocument
{
    /// <summary>Most characters of a policy (AWS, PutResourcePolicy: 20 KB).</summary>
    public const int MaxLength = 20 * 1024;

    private static readonly JsonDocumentOptions Json = new() { AllowDuplicateProperties = false };

    private readonly List<PolicyStatement> statements;

    private PolicyDocument(List<PolicyStatement> statements) => this.statements = statements;

    /// <summary>Whether an answer depends on more than principal, action and resource.</summary>
    public bool HasConditions => statements.Exists(static statement => statement.Conditions.Count > 0);

    /// <summary>Lets its principal do everything.</summary>
    internal static PolicyDocument AllowAll { get; } = new(
    [
        new PolicyStatement
        {
            IsAllow = true,
            Actions = ["*"],
            ExceptActions = false,
            Resources = ["*"],
            ExceptResources = false,
            Principals = null,
            Conditions = [],
        },
    ]);

    /// <summary>Reads a policy; refuses all that it does not understand.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="kind">What it is attached to.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="fault">Why it is refused: the element, its value and the rule, in one sentence.</param>
    public static bool TryParse(
        string text, PolicyKind kind, [NotNullWhen(true)] out PolicyDocument? policy, [NotNullWhen(false)] out string? fault)
    {
        (policy, fault) = (null, null);
        if (text.Length > MaxLength)
        {
            fault = $"The policy has {text.Length} characters: it must have at most {MaxLength}.";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text, Json);
            policy = new PolicyDocument(PolicyReader.Read(document.RootElement, kind));
            return true;
        }
        catch (FormatException exception)
        {
            fault = exception.Message;
        }
        catch (JsonException exception)
        {
            fault = $"The policy is not well-formed JSON: {exception.Message}";
        }

        return false;
    }

    /// <summary>What the policy says of a request.</summary>
    public PolicyDecision Evaluate(in PolicyRequest request)
    {
        var decision = PolicyDecision.None;
        foreach (var statement in statements)
        {
            var said = statement.Evaluate(request);
            if (said == PolicyDecision.Deny)
            {
                return said;
            }

            decision = said > decision ? said : decision;
        }

        return decision;
    }

    /// <summary>What several policies say together.</summary>
    internal static PolicyDecision Evaluate(IReadOnlyList<PolicyDocument> policies, in PolicyRequest request)
    {
        var decision = PolicyDecision.None;
        for (var i = 0; i < policies.Count && decision != PolicyDecision.Deny; i++)
        {
            var said = policies[i].Evaluate(request);
            decision = said > decision ? said : decision;
        }

        return decision;
    }
}
