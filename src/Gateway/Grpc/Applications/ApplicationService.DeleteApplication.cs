using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

public sealed partial class ApplicationService
{
    public async Task<V1.DeleteApplicationResponse> DeleteApplication(V1.DeleteApplicationRequest request, ServerCallContext context)
    {
        var table = grains.LeaseTable(Checked(request.ApplicationName));
        await table.DeleteAsync(request.Force).WaitAsync(context.CancellationToken);
        return new V1.DeleteApplicationResponse();
    }
}
