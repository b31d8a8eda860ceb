using System.CommandLine;
using Broker.Load;

// scripts/bench runs this. Children are stopped within their own bounds when it is interrupted.
return await LoadCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
