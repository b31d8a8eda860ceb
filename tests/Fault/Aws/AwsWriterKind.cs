using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>How an <see cref="AwsWriter"/> writes.</summary>
/// <param name="Protocol">AWS JSON or AWS CBOR.</param>
/// <param name="MaxRecords">1: PutRecord. More: PutRecords of up to so many.</param>
/// <param name="GivesUp">Whether it leaves some calls without an answer: their records may be there, once.</param>
public sealed record AwsWriterKind(WireProtocol Protocol, int MaxRecords, bool GivesUp = false);
