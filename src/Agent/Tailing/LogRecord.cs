namespace Broker.Agent.Tailing;

/// <summary>A record as it stands in its file.</summary>
/// <param name="File">The file.</param>
/// <param name="Data">Its bytes, line end included; only good until more is read. Empty where <paramref name="IsSkipped"/>.</param>
/// <param name="End">The file is dealt with up to here when the record is.</param>
/// <param name="IsSkipped">Whether there is nothing to send: header lines, and the rest of a record that was too long.</param>
internal readonly record struct LogRecord(TrackedFile File, ReadOnlyMemory<byte> Data, long End, bool IsSkipped);
