using System.Globalization;
using System.Text;
using Broker.Kcl.Producer;

namespace Broker.Tests.Groups.Faults;

/// <summary>Puts records of many keys, numbered by key, until it is told to stop.</summary>
internal sealed class GroupLoad(BrokerProducer producer, int keys)
{
    private readonly int[] put = new int[keys];

    /// <summary>How many records of each key are acknowledged.</summary>
    public IReadOnlyDictionary<string, int> Put => put.Index().ToDictionary(key => $"k{key.Index}", key => key.Item);

    public int Count => put.Sum();

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await RoundAsync();
            await Task.Delay(40, CancellationToken.None);
        }
    }

    /// <summary>One more record of every key.</summary>
    public async Task RoundAsync()
    {
        await Task.WhenAll(put.Select((number, key) => producer.PutAsync($"k{key}", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)))));
        for (var key = 0; key < put.Length; key++)
        {
            put[key]++;
        }
    }
}
