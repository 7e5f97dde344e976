using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.ObjectPool;

namespace Fleet.Server;

/// <summary>
/// Memory for one JSON text, used again after it is given back. Only who knows that its text is not read any more gives
/// it back; after a failure it is left to the garbage collector.
/// </summary>
internal sealed class JsonScratch
{
    /// <summary>Bytes that are enough for most texts, and to what length a longer one is kept.</summary>
    private const int TypicalLength = 1_024, MaxKeptLength = 8_192;

    /// <summary>As many as commits of a busy node are under way.</summary>
    private const int MaxKept = 1_024;

    private static readonly DefaultObjectPool<JsonScratch> Kept = new(new Policy(), MaxKept);

    private readonly ArrayBufferWriter<byte> _text = new(TypicalLength);

    private JsonScratch() => Json = new(_text);

    public Utf8JsonWriter Json { get; }

    /// <summary>The text as UTF-8, once it is complete, and until it is given back.</summary>
    public ReadOnlyMemory<byte> Text => _text.WrittenMemory;

    /// <summary>Memory with nothing in it.</summary>
    public static JsonScratch Take() => Kept.Get();

    public void GiveBack() => Kept.Return(this);

    private sealed class Policy : PooledObjectPolicy<JsonScratch>
    {
        public override JsonScratch Create() => new();

        public override bool Return(JsonScratch obj)
        {
            if (obj._text.Capacity > MaxKeptLength) return false;
            obj._text.ResetWrittenCount();
            obj.Json.Reset();
            return true;
        }
    }
}
