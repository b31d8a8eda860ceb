using System.Data.Common;
using Broker.Contracts.Errors;
using Broker.Silo.Storage;
using Broker.Silo.Streams;

namespace Broker.Silo.Hosting;

/// <summary>What a grain's call lets out of a fault of storage becomes an error with a code: callers in other processes know no other.</summary>
internal sealed class StorageFaultFilter : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
        catch (DbException exception)
        {
            throw new BrokerException(BrokerErrorCode.Unavailable, exception.Message);
        }
    }
}
