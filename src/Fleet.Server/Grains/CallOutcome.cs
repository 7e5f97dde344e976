namespace Fleet.Server.Grains;

/// <summary>One item of many: its result, or why there is none.</summary>
[GenerateSerializer, Immutable, Alias("fleet.outcome")]
internal readonly record struct CallOutcome<T>([property: Id(0)] T? Result, [property: Id(1)] string? Error = null);
