namespace Broker.Tests.Harness.Wire;

/// <summary>The protocols of the AWS endpoint.</summary>
public enum WireProtocol
{
    /// <summary>AWS JSON 1.1: timestamps as epoch seconds, blobs in base64.</summary>
    Json,

    /// <summary>AWS CBOR 1.1, which AWS's Java SDK speaks: timestamps as tag 1 with epoch milliseconds, blobs as byte strings.</summary>
    AwsCbor,

    /// <summary>Smithy's rpc-v2-cbor: the operation in the path, timestamps as tag 1 with epoch seconds.</summary>
    RpcV2Cbor,
}
