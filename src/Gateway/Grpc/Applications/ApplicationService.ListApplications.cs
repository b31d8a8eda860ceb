using Broker.Contracts.Leases;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

public sealed partial class ApplicationService
{
    public async Task<V1.ListApplicationsResponse> ListApplications(V1.ListApplicationsRequest request, ServerCallContext context)
    {
        var limit = StreamRequests.ToLimit("limit", request.Limit, 100, 1_000);
        var after = request.ExclusiveStartApplicationName.Length == 0 ? null : request.ExclusiveStartApplicationName;
        var page = await MovingGrain.AskAsync(() => grains.Applications.ListAsync(after, limit), clock, context.CancellationToken);
        var response = new V1.ListApplicationsResponse { HasMore = page.HasMore };
        response.Applications.AddRange(page.Applications.Select(ToMessage));
        return response;
    }

    private static V1.ApplicationSummary ToMessage(ApplicationListEntry entry)
    {
        var message = new V1.ApplicationSummary
        {
            ApplicationName = entry.Name,
            CreationTime = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(entry.CreatedUnixMilliseconds)),
        };
        message.StreamNames.AddRange(entry.Streams);
        return message;
    }
}
