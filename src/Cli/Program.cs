using Broker.Cli;

return await BrokerCommandLine.RunAsync(args);
