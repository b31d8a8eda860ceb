using System.Net;
using System.Text.RegularExpressions;
using Broker.Tests.Conformance.Model;
using Xunit;

namespace Broker.Tests.Conformance.Validation;

/// <summary>Every constraint of AWS's model, broken one at a time and all at once, over every protocol.</summary>
[Collection("conformance")]
public sealed class ValidationTests(ConformanceFixture conformance)
{
    public static TheoryData<string, WireProtocol> Operations
    {
        get
        {
            var data = new TheoryData<string, WireProtocol>();
            foreach (var operation in ServiceModel.Kinesis.Operations.Keys)
            {
                foreach (var protocol in Enum.GetValues<WireProtocol>())
                {
                    data.Add(operation, protocol);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task WhatTheModelForbidsIsRefusedAsAwsDoes(string operation, WireProtocol protocol)
    {
        var faults = new List<string>();
        foreach (var each in CaseGenerator.Of(operation))
        {
            if (protocol != WireProtocol.Json && each.Name.Contains("base64", StringComparison.Ordinal))
            {
                continue;
            }

            var answer = await conformance.Aws.CallAsync(protocol, operation, each.Input);
            if (Fault(each, answer) is { } fault)
            {
                faults.Add($"{each.Name}: {fault}\n  got {(int)answer.Status} {Short(answer.Error)}: {Short(answer.Message)}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}");
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task MembersThatTheModelDoesNotHaveAreIgnored(string operation, WireProtocol protocol)
    {
        if (operation is "CreateStream" or "UpdateAccountSettings" or "DescribeAccountSettings" or "DescribeLimits" or "ListStreams")
        {
            // These find nothing missing, so twice would not be alike; the next test has them.
            return;
        }

        var plain = await conformance.Aws.CallAsync(protocol, operation, CaseGenerator.SoundInput(operation));
        var input = CaseGenerator.SoundInput(operation);
        input["NoneSuch"] = new Dictionary<string, object?> { ["Deep"] = new List<object?> { 1L, "two", null, true } };
        input["streamName"] = 17L;
        foreach (var optional in ServiceModel.Kinesis.InputOf(operation).Members.Keys.Where(member => !input.ContainsKey(member)))
        {
            input[optional] = null;
        }

        var padded = await conformance.Aws.CallAsync(protocol, operation, input);
        Assert.NotEqual(HttpStatusCode.InternalServerError, plain.Status);
        Assert.Equal((plain.Status, plain.Error, plain.Message), (padded.Status, padded.Error, padded.Message));
    }

    [Theory]
    [InlineData(WireProtocol.Json)]
    [InlineData(WireProtocol.AwsCbor)]
    [InlineData(WireProtocol.RpcV2Cbor)]
    public async Task UnknownMembersDoNotStopWhatIsAskedFor(WireProtocol protocol)
    {
        var name = conformance.NewName();
        var created = await conformance.Aws.CallAsync(
            protocol, "CreateStream", new Dictionary<string, object?> { ["StreamName"] = name, ["ShardCount"] = 1L, ["NoneSuch"] = new List<object?> { 1L } });
        Assert.Equal(HttpStatusCode.OK, created.Status);
        var listed = await conformance.Aws.CallAsync(protocol, "ListStreams", new Dictionary<string, object?> { ["NoneSuch"] = "x" });
        Assert.Equal(HttpStatusCode.OK, listed.Status);
        var found = await conformance.Aws.CallAsync(protocol, "DescribeStreamSummary", new Dictionary<string, object?> { ["StreamName"] = name, ["N"] = 1.5 });
        Assert.Equal(HttpStatusCode.OK, found.Status);
    }

    [Fact]
    public void TheGeneratorReachesEveryConstraint()
    {
        var cases = ServiceModel.Kinesis.Operations.Keys.SelectMany(CaseGenerator.Of).ToList();
        Assert.InRange(cases.Count, 1000, 10_000);
        Assert.All(cases, each => Assert.True(each.Violations.Count > 0 != each.SerializationMessage is not null, each.Name));
    }

    /// <summary>What an answer to a case lacks of AWS's; null for nothing.</summary>
    internal static string? Fault(RequestCase each, AwsAnswer answer)
    {
        if (answer.Status != HttpStatusCode.BadRequest)
        {
            return "not status 400";
        }

        if (each.SerializationMessage is { } serialization)
        {
            // What Java says of CBOR's types is not known; that it refuses them is.
            return answer.Error != "SerializationException" ? "not a SerializationException"
                : answer.Protocol == WireProtocol.Json && answer.Message != serialization ? $"not the text: {serialization}"
                : null;
        }

        if (answer.Error != "ValidationException")
        {
            return "not a ValidationException";
        }

        var lead = $"{each.Violations.Count} validation error{(each.Violations.Count == 1 ? "" : "s")} detected: ";
        if (answer.Message?.StartsWith(lead, StringComparison.Ordinal) != true)
        {
            return $"does not begin with: {lead}";
        }

        // Each sentence once; their order is a hash table's in AWS too.
        var rest = answer.Message[lead.Length..];
        var awaited = each.Violations.ToList();
        while (awaited.Count > 0)
        {
            var (violation, length) = awaited
                .Select(violation => (violation, Regex.Match(rest, $@"\A{violation.Pattern}(?:; |\z)") is { Success: true } match ? match.Length : -1))
                .FirstOrDefault(found => found.Item2 >= 0, (awaited[0], -1));
            if (length < 0)
            {
                return $"lacks: {Short(violation.ToString())}";
            }

            awaited.Remove(violation);
            rest = rest[length..];
        }

        return rest.Length == 0 ? null : $"says too much: {Short(rest)}";
    }

    private static string Short(string? text) => text is { Length: > 400 } ? text[..200] + "…" + text[^200..] : text ?? "nothing";
}
