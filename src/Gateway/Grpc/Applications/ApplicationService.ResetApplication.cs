using Broker.Contracts.Errors;
using Broker.Gateway.Groups;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

public sealed partial class ApplicationService
{
    public async Task<V1.ResetApplicationResponse> ResetApplication(V1.ResetApplicationRequest request, ServerCallContext context)
    {
        var table = grains.LeaseTable(Checked(request.ApplicationName));
        if (request.Position is null)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, "position is absent: it must be TRIM_HORIZON, LATEST or AT_TIMESTAMP.");
        }

        var position = LeaseMessages.ReadPosition("position", request.Position, clock.GetUtcNow());
        await table.ResetAsync(position, request.Force).WaitAsync(context.CancellationToken);
        return new V1.ResetApplicationResponse();
    }
}
