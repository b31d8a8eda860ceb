using k8s.Models;
using Xunit;

namespace Broker.Tests.Chart;

/// <summary>What the chart renders for each value set: linted, read strictly by Kubernetes' models, and compared with what it was (BROKER_RENEW=1 renews).</summary>
public sealed class RenderingTests
{
    [HelmFact]
    public async Task Every_value_set_passes_lint()
    {
        foreach (var set in HelmChart.ValueSets)
        {
            Assert.Contains("1 chart(s) linted, 0 chart(s) failed", (await HelmChart.LintAsync(set)).Text, StringComparison.Ordinal);
        }
    }

    [HelmFact]
    public async Task Every_value_set_renders_what_it_did()
    {
        foreach (var set in HelmChart.ValueSets)
        {
            var file = Path.Combine(HelmChart.Root, "tests/Chart/Rendered", set + ".yaml");
            var rendered = set == "evaluation" ? WithoutPassword((await HelmChart.TemplateAsync(set)).Text) : (await HelmChart.TemplateAsync(set)).Text;
            if (Environment.GetEnvironmentVariable("BROKER_RENEW") == "1")
            {
                await File.WriteAllTextAsync(file, rendered);
            }

            Assert.True(rendered == await File.ReadAllTextAsync(file), $"{file} is not what the chart renders: look at the difference, and run this test with BROKER_RENEW=1 if it is meant.");
        }
    }

    [HelmFact]
    public async Task Every_manifest_is_one_of_Kubernetes_and_selects_what_is_there()
    {
        foreach (var set in HelmChart.ValueSets)
        {
            var manifests = Manifests.Parse((await HelmChart.TemplateAsync(set)).Text);
            var pods = manifests.Of<V1Deployment>().Select(static one => one.Spec.Template).Concat(manifests.Of<V1StatefulSet>().Select(static one => one.Spec.Template)).ToArray();
            Assert.True(pods.Length >= 1, set);
            foreach (var service in manifests.Of<V1Service>())
            {
                var chosen = pods.Where(pod => service.Spec.Selector.All(pod.Metadata.Labels.Contains)).ToArray();
                Assert.NotEmpty(chosen);
                Assert.All(service.Spec.Ports, port => Assert.All(chosen, pod => Assert.Contains(pod.Spec.Containers[0].Ports, one => one.Name == port.TargetPort.Value)));
            }

            Assert.All(manifests.Of<V1PodDisruptionBudget>(), budget => Assert.Single(pods, pod => budget.Spec.Selector.MatchLabels.All(pod.Metadata.Labels.Contains)));
            Assert.All(manifests.Of<V2HorizontalPodAutoscaler>(), scaler => Assert.Contains(manifests.Of<V1Deployment>(), one => one.Metadata.Name == scaler.Spec.ScaleTargetRef.Name));
        }
    }

    [HelmFact]
    public async Task Every_container_is_without_root_and_writes_to_volumes_alone()
    {
        foreach (var set in HelmChart.ValueSets)
        {
            var manifests = Manifests.Parse((await HelmChart.TemplateAsync(set)).Text);
            V1PodSpec[] pods =
            [
                .. manifests.Of<V1Deployment>().Select(static one => one.Spec.Template.Spec), .. manifests.Of<V1StatefulSet>().Select(static one => one.Spec.Template.Spec),
                .. manifests.Of<V1Job>().Select(static one => one.Spec.Template.Spec), .. manifests.Of<V1Pod>().Select(static one => one.Spec),
            ];
            Assert.True(pods.Length >= 2, set);
            foreach (var pod in pods)
            {
                Assert.False(pod.AutomountServiceAccountToken);
                Assert.True(pod.SecurityContext.RunAsNonRoot);
                Assert.Equal("RuntimeDefault", pod.SecurityContext.SeccompProfile.Type);
                foreach (var container in pod.Containers.Concat(pod.InitContainers ?? []))
                {
                    Assert.True(container.SecurityContext.ReadOnlyRootFilesystem);
                    Assert.False(container.SecurityContext.AllowPrivilegeEscalation);
                    Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
                    Assert.True(container.Resources.Requests.ContainsKey("cpu") && container.Resources.Limits.ContainsKey("memory"));
                    Assert.False(container.Resources.Limits.ContainsKey("cpu"));
                }
            }
        }
    }

    [HelmFact]
    public async Task Faulty_values_are_refused_with_what_is_wrong()
    {
        foreach (var (values, message) in new[]
        {
            ("", "name the Secret that holds PostgreSQL's connection string"),
            ("postgres: { existingSecret: db, evaluation: { enabled: true } }", "the broker has one database"),
            ("postgres: { evaluation: { enabled: true } }\nmigration: { mode: job }", "Leave migration.mode at init"),
            ("postgres: { existingSecret: db }\nmigration: { mode: later }", "migration.mode: migration.mode must be one of the following"),
            ("postgres: { existingSecret: db }\nauth: { existingSecret: a, secretAccessKey: b }", "leave auth.secretAccessKey empty"),
            ("postgres: { existingSecret: db }\nclusterTls: { allowedNames: [a, b] }", "clusterTls.allowedNames is [a, b] and clusterTls.existingSecret is empty"),
            ("postgres: { existingSecret: db }\nterminationGracePeriodSeconds: 40", "must not be cut short"),
            ("postgres: { existingSecret: db }\nsilo: { autoscaling: { enabled: true, minReplicas: 20 } }", "silo.autoscaling.minReplicas is 20"),
            ("postgres: { existingSecret: db }\nroute: { kind: HTTPRoute }", "name the Gateway that the route belongs to"),
            ("postgres: { existingSecret: db }\nreplicas: 3", "Additional property replicas is not allowed"),
            ("postgres: { existingSecret: db }\naccountId: 12", "accountId: Invalid type. Expected: string"),
            ("postgres: { existingSecret: db }\nsettings: { AppendTimeout: 1 }", "settings"),
            ("postgres: { existingSecret: db }\nsilo: { replicas: 0 }", "silo.replicas: Must be greater than or equal to 1"),
        })
        {
            var answer = await HelmChart.TemplateAsync(null, values);
            Assert.NotEqual(0, answer.ExitCode);
            Assert.Contains(message, answer.Fault, StringComparison.Ordinal);
        }
    }

    [HelmFact]
    public async Task Every_setting_of_the_README_of_values_is_one_and_none_is_left_out()
    {
        var documented = (await File.ReadAllLinesAsync(Path.Combine(HelmChart.Chart, "README.md")))
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal)).SelectMany(static line => line.Split('|')[1].Split(',')).Select(static name => name.Trim().Trim('`').Split('.')[0]).ToHashSet();
        var values = (await File.ReadAllLinesAsync(Path.Combine(HelmChart.Chart, "values.yaml")))
            .Where(static line => line.Length > 0 && char.IsAsciiLetter(line[0])).Select(static line => line.Split(':')[0]).ToHashSet();
        Assert.Equal(values.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    /// <summary>The database's password is drawn anew by each rendering that finds no Secret.</summary>
    private static string WithoutPassword(string rendered) => string.Join('\n', rendered.Split('\n').Select(static line =>
        line.StartsWith("  password: ", StringComparison.Ordinal) || line.StartsWith("  connectionString: ", StringComparison.Ordinal) ? line.Split(':')[0] + ": ZHJhd24=" : line));
}
