using Fleet.Core;
using Fleet.Core.Checkouts;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api.Rpc;

internal static class Times
{
    /// <summary>A time that a caller may have given, in whole microseconds; what is none is noted.</summary>
    public static DateTimeOffset? Time(this Timestamp? given, string field, FieldCheck fields) =>
        given is null ? null : fields.CheckTime(field, RequestTime.Read(given.Seconds, given.Nanos));
}
