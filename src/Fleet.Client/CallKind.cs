using System.Collections.Frozen;
using Fleet.Protocol.V1;
using Google.Protobuf.Reflection;

namespace Fleet.Client;

/// <summary>What a call does, as far as it matters whether it may be repeated.</summary>
/// <param name="Changes">Whether it changes something.</param>
/// <param name="IdempotencyKey">The key by which a repeat of a start is known; empty for every other call.</param>
internal readonly record struct CallKind(bool Changes, string IdempotencyKey = "")
{
    private const string LookBeforeRepeat =
        "It is not known whether this was done. Read the checkout, the reader or what else was to be changed before "
        + "you ask for it again.";

    private const string RepeatWithKey =
        "It is not known whether the checkout was accepted. Start it again with the same idempotency_key and the same "
        + "content: it is the same checkout then.";

    /// <summary>Methods without side effects, as their protos say, in the form in which gRPC names them.</summary>
    private static readonly FrozenSet<string> Reads =
        typeof(Checkouts).Assembly.GetExportedTypes()
        .Where(type => type.IsAbstract && type.IsSealed) // a static class: of a service, or of a file
        .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<ServiceDescriptor>()
        .SelectMany(service => service.Methods)
        .Where(method => method.GetOptions()?.IdempotencyLevel
            is MethodOptions.Types.IdempotencyLevel.NoSideEffects)
        .Select(method => $"/{method.Service.FullName}/{method.Name}").ToFrozenSet();

    /// <summary>Whether a repeat cannot do anything twice.</summary>
    public bool MayBeRepeated => !Changes || IdempotencyKey.Length > 0;

    /// <summary>What to do when the answer never came.</summary>
    public string Advice => IdempotencyKey.Length > 0 ? RepeatWithKey : LookBeforeRepeat;

    /// <summary>The kind of a call.</summary>
    /// <param name="method">The name of its method, for example <c>/fleet.v1.Checkouts/Get</c>.</param>
    /// <param name="request">Its request; null for a stream of requests.</param>
    public static CallKind Of(string method, object? request) =>
        new(!Reads.Contains(method), (request as StartRequest)?.IdempotencyKey ?? "");
}
