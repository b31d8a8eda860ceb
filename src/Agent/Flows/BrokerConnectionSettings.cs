using Broker.Kcl.Connection;

namespace Broker.Agent.Flows;

/// <summary>Where the broker is, and how it is spoken to.</summary>
/// <param name="Endpoints">Its gateways.</param>
/// <param name="Credentials">What calls are signed with; null for none.</param>
/// <param name="ConfigureHandler">Has the last word on the HTTP handler; null for none.</param>
public sealed record BrokerConnectionSettings(IReadOnlyList<Uri> Endpoints, BrokerCredentials? Credentials = null, Action<SocketsHttpHandler>? ConfigureHandler = null);
