namespace Broker.Cli.Bench.Aws;

/// <summary>In what a load on the AWS endpoint is written.</summary>
internal enum AwsProtocol
{
    /// <summary>AWS JSON 1.1.</summary>
    Json,

    /// <summary>AWS CBOR 1.1, as the Java SDK and so KCL speak it.</summary>
    Cbor,
}
