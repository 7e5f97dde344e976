using Fleet.Core.Checkouts;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Server.Api.Rpc;

internal static class Times
{
    /// <summary>A time that a caller may have given, in whole microseconds; what is none is noted.</summary>
    public static DateTimeOffset? Time(this Timestamp? given, string field, FieldCheck fields)
    {
        if (given is null) return null;
        try
        {
            var time = given.ToDateTimeOffset();
            return time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
        }
        catch (InvalidOperationException)
        {
            fields.AddError(field, "must be a time between the years 1 and 9999");
            return null;
        }
    }
}
