using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws;

/// <summary>A consumer that a request named.</summary>
/// <param name="StreamName">Its stream.</param>
/// <param name="Arn">Its ARN.</param>
/// <param name="Consumer">What its stream tells of it.</param>
internal sealed record NamedConsumer(string StreamName, string Arn, ConsumerDescription Consumer);
