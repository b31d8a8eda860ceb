namespace Broker.Load;

/// <summary>Why something cannot be measured, in words for whoever runs it.</summary>
internal sealed class LoadException(string message) : Exception(message);
