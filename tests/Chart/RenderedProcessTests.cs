using System.Globalization;
using System.Net;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Certificates;
using Broker.Tests.Harness.Postgres;
using k8s.Models;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Chart;

/// <summary>
/// The broker itself, started with exactly the environment and the arguments that the chart renders, against a PostgreSQL; the probes as
/// rendered; the chart's own test; the end as Kubernetes brings it about. BROKER_EXECUTABLE names another build of it, as scripts/publish makes.
/// </summary>
public sealed class RenderedProcessTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly string Executable = Environment.GetEnvironmentVariable("BROKER_EXECUTABLE") is { Length: > 0 } set ? set : BrokerProcess.Executable;

    private readonly string directory = Directory.CreateTempSubdirectory("broker-chart-").FullName;
    private readonly List<ServerProcess> processes = [];
    private readonly TestAuthority authority = new();

    [HelmFact(NeedsPostgres = true)]
    public Task Silos_that_are_gateways_too_serve_as_rendered() => RunAsync(isSeparate: false);

    [HelmFact(NeedsPostgres = true)]
    public Task Silos_and_gateways_apart_serve_as_rendered_with_TLS_between_them() => RunAsync(isSeparate: true);

    public void Dispose()
    {
        processes.ForEach(static process => process.Dispose());
        authority.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task RunAsync(bool isSeparate)
    {
        await using var database = await PostgresDatabase.CreateAsync();
        var secrets = new Dictionary<string, string> { ["db/connectionString"] = database.ConnectionString };

        // Pods have addresses of their own; here they share one, so each is rendered with its ports.
        var silo = await RenderAsync(isSeparate);
        var front = isSeparate ? await RenderAsync(isSeparate) : silo;
        try
        {
            var siloPod = silo.One<V1Deployment>("demo-broker-silo").Spec.Template.Spec;
            await FinishAsync(new RenderedContainer(siloPod.InitContainers.Single(), "demo-broker-silo-0", silo, secrets));
            var siloProcess = await StartAsync(siloPod, "demo-broker-silo-0", silo, secrets);
            var frontPod = isSeparate ? front.One<V1Deployment>("demo-broker-gateway").Spec.Template.Spec : siloPod;
            var frontProcess = isSeparate ? await StartAsync(frontPod, "demo-broker-gateway-0", front, secrets) : siloProcess;

            using var http = new HttpClient();
            var client = $"http://127.0.0.1:{PortOf(frontPod, "client")}";
            using (var unsigned = await http.PostAsync(new Uri(client), new StringContent("{}")))
            {
                Assert.NotEqual(HttpStatusCode.OK, unsigned.StatusCode);
            }

            var test = front.One<V1Pod>("demo-broker-first-record");
            var verify = new RenderedContainer(test.Spec.Containers.Single(), test.Metadata.Name, front, secrets);
            Assert.Equal("http://demo-broker:4567", verify.Variables["BROKER_ENDPOINT"]);
            verify.Set("BROKER_ENDPOINT", client);
            await FinishAsync(verify);
            verify.Set("AWS_SECRET_ACCESS_KEY", "another");
            Assert.NotEqual(0, (await EndAsync(verify)).ExitCode);

            var stopped = frontProcess.TerminateAsync(TimeSpan.FromSeconds(frontPod.TerminationGracePeriodSeconds!.Value));
            while (await AskAsync(http, frontPod, frontPod.Containers[0].ReadinessProbe) == HttpStatusCode.OK)
            {
                await Task.Delay(20);
            }

            Assert.Equal(HttpStatusCode.OK, await AskAsync(http, frontPod, frontPod.Containers[0].LivenessProbe));
            verify.Set("AWS_SECRET_ACCESS_KEY", new RenderedContainer(test.Spec.Containers.Single(), test.Metadata.Name, front, secrets).Variables["AWS_SECRET_ACCESS_KEY"]);
            Assert.Equal(0, await stopped);
            if (isSeparate)
            {
                Assert.Equal(0, await siloProcess.TerminateAsync(TimeSpan.FromSeconds(siloPod.TerminationGracePeriodSeconds!.Value)));
            }
        }
        catch (Exception)
        {
            processes.ForEach(process => output.WriteLine(process.Output));
            throw;
        }
    }

    private static async Task<Manifests> RenderAsync(bool isSeparate) => Manifests.Parse((await HelmChart.TemplateAsync(null, string.Create(CultureInfo.InvariantCulture, $$"""
        postgres: { existingSecret: db }
        auth: { secretAccessKey: a-secret-of-the-test }
        clusterTls: { {{(isSeparate ? "existingSecret: cluster, allowedNames: [pods.broker.internal]" : "")}} }
        gateway: { separate: {{(isSeparate ? "true" : "false")}} }
        drainDelay: 2
        ports:
          client: {{BrokerProcess.FreePort()}}
          metrics: {{BrokerProcess.FreePort()}}
          silo: {{BrokerProcess.FreePort()}}
          siloGateway: {{BrokerProcess.FreePort()}}
        """))).Text);

    private static int PortOf(V1PodSpec pod, string name) => pod.Containers[0].Ports.Single(port => port.Name == name).ContainerPort;

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, V1PodSpec pod, V1Probe probe)
    {
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{PortOf(pod, probe.HttpGet.Port.Value)}{probe.HttpGet.Path}"));
        return answer.StatusCode;
    }

    /// <summary>Starts a pod's broker and waits until it is ready; every probe of it is content then.</summary>
    private async Task<ServerProcess> StartAsync(V1PodSpec pod, string name, Manifests manifests, Dictionary<string, string> secrets)
    {
        var container = new RenderedContainer(pod.Containers.Single(), name, manifests, secrets);
        MountClusterTls(container);
        var process = new ServerProcess();
        processes.Add(process);
        process.Start([Executable, .. container.Arguments], directory, container.Variables);
        await process.ReadyAsync($"http://127.0.0.1:{PortOf(pod, "metrics")}", Patience);
        using var http = new HttpClient();
        foreach (var probe in new[] { pod.Containers[0].StartupProbe, pod.Containers[0].LivenessProbe, pod.Containers[0].ReadinessProbe })
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(http, pod, probe));
        }

        return process;
    }

    /// <summary>Names the files of the Secret where they are here, where the container has it mounted.</summary>
    private void MountClusterTls(RenderedContainer container)
    {
        if (container.Variables.ContainsKey("Broker__ClusterTls__AuthorityFile"))
        {
            var (certificate, key) = authority.Issue("pods.broker.internal");
            container.Set("Broker__ClusterTls__AuthorityFile", authority.AuthorityFile);
            container.Set("Broker__ClusterTls__CertificateFile", certificate);
            container.Set("Broker__ClusterTls__KeyFile", key);
        }
    }

    private async Task FinishAsync(RenderedContainer container)
    {
        var (code, said) = await EndAsync(container);
        Assert.True(code == 0, $"broker {string.Join(' ', container.Arguments)} ended with {code}: {said}");
    }

    private async Task<(int ExitCode, string Output)> EndAsync(RenderedContainer container)
    {
        using var said = new ServerProcess();
        using var process = said.Launch([Executable, .. container.Arguments], directory, container.Variables);
        using var timeout = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(timeout.Token);
        return (process.ExitCode, said.Output);
    }
}
