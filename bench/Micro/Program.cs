using BenchmarkDotNet.Running;
using Broker.Micro;

// dotnet run -c Release --project bench/Micro [-- --filter '*NAME*']: the codec and the hot path, without a broker.
BenchmarkSwitcher.FromAssembly(typeof(PayloadCompressionBenchmarks).Assembly).Run(args.Length > 0 ? args : ["--filter", "*"]);
