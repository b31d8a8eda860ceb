using Broker.Contracts.Errors;
using Broker.Silo.Storage;

namespace Broker.Silo.Streams;

/// <summary>What a fault of the storage is to a client of the control plane.</summary>
public static class StorageFaults
{
    public static BrokerErrorCode ToErrorCode(this StorageFault fault) => fault switch
    {
        StorageFault.DiskFull => BrokerErrorCode.StorageFull,
        StorageFault.Corrupt => BrokerErrorCode.DataLoss,
        StorageFault.NewerVersion => BrokerErrorCode.Internal,
        StorageFault.Device or StorageFault.Locked => BrokerErrorCode.Unavailable,
        _ => BrokerErrorCode.Internal,
    };

    /// <summary>Without the exception within: it goes to other processes, which do not know its type.</summary>
    public static BrokerException ToBrokerException(this StorageException exception) => new(exception.Fault.ToErrorCode(), exception.Message);
}
