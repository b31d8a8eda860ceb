namespace Broker.Cli.Bench.Aws;

/// <summary>What a load on the AWS endpoint does.</summary>
internal enum AwsOperation
{
    PutRecords,
    PutRecord,
    GetRecords,
}
