using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth;
using Broker.Gateway.Groups;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Hosting;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Grpc.Applications;

/// <summary>broker.v1.ApplicationService, one file an operation; the lease table's grain decides what form does not. Bound by <see cref="ApplicationServiceMethods"/>.</summary>
public sealed partial class ApplicationService(
    IBrokerGrains grains,
    MemberServices members,
    LeaseLags lags,
    GatewayDrain drain,
    Authorizer authorizer,
    BrokerIdentity identity,
    TimeProvider clock)
{
    /// <exception cref="BrokerException">InvalidArgument: it is no application's name.</exception>
    private static string Checked(string application)
    {
        StreamRequests.Check(
            ApplicationName.IsValid(application),
            $"application_name is '{StreamRequests.Shorten(application)}': it must be {ApplicationName.Rule}.");
        return application;
    }
}
