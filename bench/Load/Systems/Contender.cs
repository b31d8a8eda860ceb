using Broker.Load.Results;

namespace Broker.Load.Systems;

/// <summary>What takes turns with others.</summary>
/// <param name="System">What the table calls it.</param>
/// <param name="Durability">What an acknowledgement of it means.</param>
/// <param name="TurnAsync">Runs one turn of so many seconds, written as an argument.</param>
internal sealed record Contender(string System, string Durability, Func<string, Task<Turn>> TurnAsync);
